package slack

import (
	"strings"

	"github.com/slack-go/slack"

	"newswatch/notify"
	"newswatch/notify/wording"
)

// Limits of an answer; what is longer is counted.
const (
	maxAnswerLines = 40
	maxAnswerLine  = 300 // characters
	maxPressed     = 150 // characters of a headline that came back with a pressed menu
)

// reply is the body for a response_url.
type reply struct {
	Type    string       `json:"response_type"`
	Replace bool         `json:"replace_original"`
	Text    string       `json:"text"`
	Blocks  slack.Blocks `json:"blocks"`
}

// Answer renders what is said to the asker alone: text is data in it, whoever
// wrote it. Replace puts it in the place of the message that was pressed, which
// must be one that only the asker sees.
func (renderer) Answer(a notify.Answer, replace bool) ([]byte, error) {
	lines := a.Lines[:min(len(a.Lines), maxAnswerLines)]
	blocks := answerBlocks(a, lines)
	for len(lines) > 0 && !stand(blocks) {
		lines = lines[:len(lines)-1]
		blocks = answerBlocks(a, lines)
	}
	between := ": "
	if head := answerHead(a); strings.TrimRight(head, ".!?…:") != head {
		between = " "
	}
	text := wording.Join(between, answerHead(a), strings.Join(plainLines(lines), "; "))
	return compact(reply{Type: "ephemeral", Replace: replace, Text: clipBytes(text, maxText), Blocks: slack.Blocks{BlockSet: blocks}})
}

func answerHead(a notify.Answer) string {
	if head := wording.Clip(wording.Line(a.Headline), maxAnswerLine); head != "" {
		return head
	}
	return "Done"
}

func plainLines(lines []string) []string {
	var list []string
	for _, l := range lines {
		if l = wording.Line(l); l != "" {
			list = append(list, l)
		}
	}
	return list
}

func answerBlocks(a notify.Answer, lines []string) []slack.Block {
	blocks := []slack.Block{rich(paragraph(bold(answerHead(a))))}
	blocks = append(blocks, answerBody(lines)...)
	if rest := len(a.Lines) - len(lines); rest > 0 {
		blocks = append(blocks, grey("and "+wording.Number(rest)+" more"))
	}
	if value := command(a.Undo...); len(a.Undo) > 0 && value != "" {
		blocks = append(blocks, slack.NewActionBlock("answer_actions", button("answer_undo", value, "Undo", "")))
	}
	return append(blocks, grey(wording.Join(gap, "Only you can see this", hint(a.Hint))))
}

// answerBody shows lines as a list, and those that are indented as they are: they
// are YAML to paste.
func answerBody(lines []string) []slack.Block {
	var elements []slack.RichTextElement
	var code []string
	flush := func() {
		if text := strings.TrimRight(wording.Block(strings.Join(code, "\n"), maxAnswerLines), "\n "); text != "" {
			elements = append(elements, &slack.RichTextPreformatted{
				Type: slack.RTEPreformatted, Elements: []slack.RichTextSectionElement{words(text)},
			})
		}
		code = nil
	}
	for _, l := range lines {
		if strings.HasPrefix(l, " ") {
			code = append(code, wording.Clip(l, maxAnswerLine))
			continue
		}
		flush()
		l = wording.Clip(wording.Line(l), maxAnswerLine)
		if l == "" {
			continue
		}
		if last, ok := lastList(elements); ok {
			last.Elements = append(last.Elements, paragraph(words(l)))
			continue
		}
		list := slack.NewRichTextList(slack.RTEListBullet, 0)
		list.Elements = append(list.Elements, paragraph(words(l)))
		elements = append(elements, list)
	}
	flush()
	if len(elements) == 0 {
		return nil
	}
	return []slack.Block{rich(elements...)}
}

func lastList(elements []slack.RichTextElement) (*slack.RichTextList, bool) {
	if len(elements) == 0 {
		return nil, false
	}
	list, ok := elements[len(elements)-1].(*slack.RichTextList)
	return list, ok
}

// hint shows what could be asked next.
func hint(s string) string { return label(s, maxAnswerLine) }

// Choice asks the asker what to do with a story that was picked from a digest's
// menu. The headline came back from Slack.
func (renderer) Choice(storyID, headline string) ([]byte, error) {
	headline = wording.Clip(wording.Line(headline), maxPressed)
	if headline == "" {
		headline = "This story"
	}
	blocks := []slack.Block{
		rich(paragraph(bold(headline))),
		slack.NewActionBlock("story_choice", append(storyButtons(storyID), button("story_why", storyID, "Why?", "Explain why this story was told"))...),
		grey("Only you can see this"),
	}
	return compact(reply{Type: "ephemeral", Text: clipBytes(headline+": mute, follow or flag it.", maxText), Blocks: slack.Blocks{BlockSet: blocks}})
}

// storyButtons are what can be done with a story.
func storyButtons(storyID string) []slack.BlockElement {
	return []slack.BlockElement{
		button("story_ack", storyID, "I'm on it", "Follow this story"),
		button("story_mute", storyID+":24h", "Mute 24 h", "Mute this story for 24 hours"),
		button("story_flag", storyID, "Not relevant", "Say that this story does not belong here"),
	}
}
