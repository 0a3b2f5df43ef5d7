package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"newswatch/news"
)

// The key's length and form are those of Standard Webhooks
// (standardwebhooks.com, version 1.0.0): "whsec_" and base64 of 24 to 64 bytes.
const (
	keyPrefix = "whsec_"
	leastKey  = 24 // bytes
	mostKey   = 64
)

// CheckSigning says what is wrong with a secret that signs.
func CheckSigning(secret news.Secret) error {
	_, err := signingKey(secret)
	return err
}

func signingKey(secret news.Secret) ([]byte, error) {
	encoded, ok := strings.CutPrefix(secret.Reveal(), keyPrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) < leastKey || len(key) > mostKey {
		return nil, errors.New(`it must be "whsec_" and base64 of 24 to 64 bytes, as: echo "whsec_$(openssl rand -base64 32)"`)
	}
	return key, nil
}

// sign adds the headers of Standard Webhooks, when there is a secret to sign with.
func (c *Channel) sign(req *http.Request, name string, d news.Delivery) error {
	secret, err := c.cfg.Secret(SigningName(name))
	if err != nil || secret == "" {
		return err
	}
	hmacKey, err := signingKey(secret)
	if err != nil {
		return fmt.Errorf("the secret %s: %w", SigningName(name), err)
	}
	at := c.cfg.Now()
	req.Header.Set("webhook-id", key(d))
	req.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	req.Header.Set("webhook-signature", signature(hmacKey, key(d), at, d.Payload))
	return nil
}

// signature signs an id, the time of the attempt and the body.
func signature(key []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// near says whether a host is this machine or one of our own network: a loopback,
// private or link-local address, or a name that no public zone can hold.
func near(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast()
	}
	return !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".internal") || strings.HasSuffix(host, ".local")
}
