package slackfake

import "slices"

// Checker says what a Server would say of a payload, without calls, channels and
// rates: the same code reads it. It is safe for concurrent use.
type Checker struct {
	check     *checker
	blocksMax int
}

// NewChecker returns a Checker that takes blocks up to a size: their compact JSON,
// the entities that Slack makes of & < and >, and so many bytes a block. 0 is what
// live Slack still took.
func NewChecker(blocksMax int) *Checker {
	if blocksMax <= 0 {
		blocksMax = defaultBlocksMax
	}
	return &Checker{check: newChecker(false), blocksMax: blocksMax}
}

// Checked is what a payload came to.
type Checked struct {
	Error    string   // Slack's word for why it is refused, "" when it is taken
	Details  []string // what was wrong, in Slack's form
	Text     string
	Mentions []string // that are live
	Links    []string // that are live, in mrkdwn as they are written there
	Emoji    []string // names of those that are live by their codes
	Metadata int      // bytes
}

// Check reads the JSON body of a message as chat.update does, whose limit on text
// is the tighter one.
func (c *Checker) Check(payload []byte) Checked {
	body, no := readJSON(payload)
	if no != nil {
		return Checked{Error: no.code, Details: no.details}
	}
	p, no := c.check.read(args{body: body}, true, c.blocksMax)
	if no != nil {
		return Checked{Error: no.code, Details: no.details}
	}
	got := Checked{Text: p.Text, Mentions: slices.Clone(p.Mentions), Links: slices.Clone(p.Links), Emoji: slices.Clone(p.Emoji)}
	if p.Metadata != nil {
		got.Metadata = p.Metadata.size
	}
	return got
}
