package draw

import (
	"regexp"
	"strings"
	"unicode"
)

// Chinese tells whether a text has Chinese characters.
func Chinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// name finds a Chinese name in an English text, with the numbers and the punctuation within it.
var name = regexp.MustCompile(`[0-9（《“]*\p{Han}(?:[^\p{Latin}]*[\p{Han}）》”。])?`)

// Marked writes a text for an English page, the Chinese names within it marked as such, so that they are read aloud and drawn as what
// they are (WCAG 2.2, 3.1.2).
func Marked(s string) string {
	if !Chinese(s) {
		return esc(s)
	}
	var b strings.Builder
	end := 0
	for _, at := range name.FindAllStringIndex(s, -1) {
		b.WriteString(esc(s[end:at[0]]) + `<span lang="zh-CN">` + esc(s[at[0]:at[1]]) + `</span>`)
		end = at[1]
	}
	return b.String() + esc(s[end:])
}

// title names a shape. A Chinese name says that it is one: the picture may stand on an English page.
func title(s string) string {
	if Chinese(s) {
		return `<title lang="zh-CN">` + esc(s) + `</title>`
	}
	return `<title>` + esc(s) + `</title>`
}
