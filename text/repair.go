package text

import "strings"

// windows are the characters of Windows-1252 that ISO 8859-1, and with it Unicode,
// have controls for: U+0080 to U+009F. 0 is none; U+0085 is left, a line may end
// there. (https://encoding.spec.whatwg.org/index-windows-1252.txt)
var windows = [32]rune{
	'€', 0, '‚', 'ƒ', '„', 0, '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ',
}

// fromWindows returns what stands for a control that is none; 0 for all else.
func fromWindows(r rune) rune {
	if r < 0x80 || r > 0x9F {
		return 0
	}
	return windows[r-0x80]
}

// misread are quotes, dashes and hard spaces in UTF-8 that somebody has read as
// Windows-1252.
var misread = strings.NewReplacer("â€™", "’", "â€˜", "‘", "â€œ", "“", "â€\u009d", "”", "â€“", "–", "â€”", "—",
	"â€¦", "…", "â€¢", "•", "Â\u00a0", "\u00a0")

// misreadLead is the first byte of all that is misread: most English texts have none.
const misreadLead = 0xC3

// repair puts misread print right.
func repair(s string) string {
	if strings.IndexByte(s, misreadLead) < 0 {
		return s
	}
	if strings.Contains(s, "â€") || strings.Contains(s, "Â\u00a0") {
		return misread.Replace(s)
	}
	return s
}
