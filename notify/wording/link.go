package wording

import (
	"fmt"
	"net/url"
	"strings"
)

// Link returns an address that may be shown as a link, "" for any other: only
// http and https, with a host. Whatever could end a link early in some markup,
// or does not show, is percent-encoded.
func Link(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Host == "" || u.Opaque != "" {
		return ""
	}
	if u.Scheme != "http" && u.Scheme != "https" { // url.Parse has made it lower case
		return ""
	}
	var b strings.Builder
	for _, c := range []byte(u.String()) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("<>|\"`\\^{}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
