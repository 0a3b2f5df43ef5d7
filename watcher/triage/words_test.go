package triage_test

import (
	"strings"
	"testing"
	"time"

	"newswatch/news"
	"newswatch/notify"
)

// What is not understood is refused in words that help, and nothing is done.
func TestNothingIsIgnored(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for words, want := range map[string]string{
		"pause urgnt until 08:00": "I know no digest or alert “urgnt”. Do you mean urgent?",
		"pause elsewhere":         "I know no digest or alert “elsewhere”. There are desk, evening, urgent.",
		"pause all":               "I know no digest or alert “all”.",
		"pause desk urgent":       "I do not understand “urgent” there, so nothing was done.",
		"pause desk 2d evening":   "I do not understand “evening” there",
		"now dsk":                 "Do you mean desk?",
		"now desk evening":        "I do not understand “evening”",
		"resume dsk":              "Do you mean desk?",
		"pause yesterday":         "I cannot read “yesterday” as a time",
		"mute 1 yesterday":        "I cannot read “yesterday” as a time",
		"mute 1 -3h":              "I cannot read “-3h” as a time",
		"why":                     "Which story? Say its number in the digest. For example: why 3 or why 1f686cdf",
		"why abc":                 "I know no story “abc”. For example: why 3 or why 1f686cdf",
		"why 1 and 2":             "I do not understand “and 2”",
		"why ffff0000":            "I know no story ffff0000. Say its number in the newest digest here",
		"follow 1 please":         "I do not understand “please”",
		"unfollow 1 please":       "I do not understand “please”",
		"unmute 1 please":         "I do not understand “please”",
		"status feeds":            "I do not understand “feeds” there",
		"mutes of ida":            "I do not understand “of ida”",
		"statu":                   "I know no “statu”. Do you mean status?",
		"undo":                    "Press Undo under an answer",
	} {
		got := d.said(words)
		if !strings.HasPrefix(got, "? ") || !strings.Contains(got, want) {
			t.Errorf("%q:\n%s\nwant it refused with %q", words, got, want)
		}
	}
	d.same("nothing was done", d.triage(), news.Triage{})
	got := d.do(notify.Command{By: "ida", Channel: "C9", Words: []string{"why", "1"}})
	if strings.Contains(got, "newswatch stories") {
		t.Errorf("a reader in Slack is sent to a command line: %s", got)
	}
}

// Where one alert posts, it is meant by a pause without a name.
func TestPauseHere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.wants("of many", d.do(notify.Command{By: "ida", Channel: "C7", Words: []string{"pause"}}), "? Which one? There are desk, evening, urgent.")
	d.alert("al_1", d.keller)
	d.send("slack:urgent", "C7")
	d.wants("the one", d.do(notify.Command{By: "ida", Channel: "C7", Words: []string{"pause"}}), "The alert urgent is paused until Fri 27 Nov 08:00 CET.")
	d.now = d.now.Add(8 * time.Hour)
	got := d.do(notify.Command{By: "ida", Channel: "C9", Message: "dg_C1", Words: []string{"pause", "until", "tomorrow"}})
	d.wants("by a button", got, "The digest desk is paused until Fri 27 Nov 00:00 CET.")
}

// Who says the same again is told what that replaces, and Undo brings it back.
func TestSaidAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.now = d.now.Add(1234 * time.Millisecond)
	d.said("mute 1 2d old news")
	d.said("pause evening 3d")
	d.said("follow 2 3d")
	first := d.triage()
	d.now = d.now.Add(time.Hour)
	by := func(words ...string) notify.Answer {
		d.Helper()
		a, err := d.Do(d.Context(), notify.Command{By: "ole", Channel: "C1", Words: words})
		d.ok(err)
		return a
	}
	for what, c := range map[string]struct{ words, want string }{
		"mute":   {"mute 1 2h", "It was muted until Sat 28 Nov 08:00 CET by ida."},
		"pause":  {"pause evening 2h", "It was paused until Sun 29 Nov 08:00 CET by ida."},
		"follow": {"follow 2", "Followed since 08:00 CET by ida, until Sun 29 Nov 08:00 CET."},
	} {
		a := by(strings.Fields(c.words)...)
		d.wants(what, strings.Join(a.Lines, "\n"), c.want)
		by(a.Undo...)
	}
	got := d.triage()
	d.same("back", [3]time.Time{got.Mutes[0].Until, got.Pauses[0].Until, got.Follows[0].Until}, [3]time.Time{first.Mutes[0].Until, first.Pauses[0].Until, first.Follows[0].Until})
	d.same("reason", got.Mutes[0].Reason, "old news")
	d.wants("a mute ends a follow", d.said("mute 2"), "It is followed no more: ole followed it since 08:00 CET.")
	d.wants("a follow ends a mute", d.said("follow 2"), "It is muted no more: you muted it until Fri 27 Nov 09:00 CET.")
}

// Numbers are those of the digest that the reader sees, also when no certain answer
// came for it.
func TestNewestDigest(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.wants("the first", d.said("mute 1"), "“Ferry to Lemba late” is muted", "The digest desk of 08:00 shows it as 1.")
	d.now = d.now.Add(2 * time.Hour)
	d.digest("dg_2", "desk", d.keller)
	d.wants("not begun", d.said("why 1"), "“Ferry to Lemba late”")
	d.intend("slack:desk")
	d.now = d.now.Add(time.Minute)
	got := d.said("why 1")
	d.wants("uncertain", got, "“Tom Keller opens a bakery”", "The digest desk of 10:00 shows it as 1. No certain answer has come yet that it was posted.",
		"being told by desk: its message was sent 10:00 (1 minute ago), without a certain answer yet")
	d.same("not told", strings.Contains(got, "\ntold by desk"), false)
}
