package news_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"newswatch/news"
)

// TestSecretNeverShows prints a secret in all ways in which something is printed, alone
// and inside of other things.
func TestSecretNeverShows(t *testing.T) {
	t.Parallel()
	const word = "hidden-0123"
	type holder struct {
		S news.Secret
		P *news.Secret
		M map[string]news.Secret
		L []news.Secret
		A any
	}
	s := news.Secret(word)
	h := holder{s, &s, map[string]news.Secret{"k": s}, []news.Secret{s}, s}
	var out bytes.Buffer
	for _, v := range []any{s, &s, h, &h, []any{s}, map[string]any{"k": s}, fmt.Errorf("with %v: %s", s, s)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		fmt.Fprintln(&out, v)
		raw, err := json.Marshal(v)
		fmt.Fprintln(&out, string(raw), err)
		raw, err = yaml.Marshal(v)
		fmt.Fprintln(&out, string(raw), err)
		for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
			log.Info("m", "v", v, slog.Group("g", "v", v))
		}
	}
	for _, form := range []string{word, fmt.Sprintf("%x", word), fmt.Sprintf("%X", word), strings.ToUpper(word)} {
		if at := strings.Index(out.String(), form); at >= 0 {
			t.Errorf("shows %q: …%s…", form, out.String()[max(0, at-60):at])
		}
	}
	if s.Reveal() != word {
		t.Errorf("Reveal gives %q", s.Reveal())
	}
}
