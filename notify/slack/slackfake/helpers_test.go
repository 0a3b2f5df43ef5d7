package slackfake_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"newswatch/notify/slack/slackfake"
)

const token = "xoxb-test-token"

type object = map[string]any

type array = []any

// answer is what any method says.
type answer struct {
	OK       bool           `json:"ok"`
	Error    string         `json:"error"`
	Channel  string         `json:"channel"`
	TS       string         `json:"ts"`
	Message  map[string]any `json:"message"`
	Messages []struct {
		TS         string              `json:"ts"`
		ThreadTS   string              `json:"thread_ts"`
		Text       string              `json:"text"`
		Subtype    string              `json:"subtype"`
		ReplyCount int                 `json:"reply_count"`
		Latest     string              `json:"latest_reply"`
		Metadata   *slackfake.Metadata `json:"metadata"`
	} `json:"messages"`
	HasMore  bool `json:"has_more"`
	IsTwin   bool `json:"is_duplicate"`
	Response struct {
		Messages []string `json:"messages"`
		Next     string   `json:"next_cursor"`
	} `json:"response_metadata"`
	status int
	header http.Header
}

// newSlack makes a Slack that is closed when the test ends.
func newSlack(t *testing.T, cfg slackfake.Config) *slackfake.Server {
	t.Helper()
	s := slackfake.New(cfg)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func calm() slackfake.Plan { return slackfake.Plan{Rate: slackfake.Rate{Off: true}} }

// post sends a JSON body to a method, in memory.
func post(t *testing.T, s *slackfake.Server, method string, body any) answer {
	t.Helper()
	a, err := try(s, method, body)
	if err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	return a
}

func try(s *slackfake.Server, method string, body any) (answer, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequest(http.MethodPost, "https://fake.slack.example/api/"+method, strings.NewReader(string(b)))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Authorization", "Bearer "+token)
	return do(s.Client(), req)
}

func do(c *http.Client, req *http.Request) (answer, error) {
	resp, err := c.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: resp.StatusCode, header: resp.Header}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		err = json.Unmarshal(raw, &a)
	}
	return a, err
}

// form sends a form to a method, the token in it.
func form(t *testing.T, s *slackfake.Server, method string, values url.Values) answer {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "https://fake.slack.example/"+method, strings.NewReader(values.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a, err := do(s.Client(), req)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// message is a body in which nothing is wrong, with some members replaced; a nil
// one is left out.
func message(change object) object {
	m := object{
		"channel": "news", "text": "Harbour talks resume", "unfurl_links": false, "unfurl_media": false,
		"metadata": metadata("dg_1", 1, 1),
	}
	for name, v := range change {
		if v == nil {
			delete(m, name)
		} else {
			m[name] = v
		}
	}
	return m
}

func metadata(delivery string, part, parts int) object {
	return object{"event_type": "newswatch_digest", "event_payload": object{
		"delivery_id": delivery, "part": part, "parts": parts, "stories": array{"0a1b2c3d"},
	}}
}

func chars(n int) string { return strings.Repeat("x", n) }

// runes is text of n code points that take three bytes each.
func runes(n int) string { return strings.Repeat("語", n) }

// decodeAnswer sends a request and decodes what comes back.
func decodeAnswer(c *http.Client, req *http.Request, out any) error {
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(out)
}
