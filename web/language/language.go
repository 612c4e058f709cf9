// Package language finds the language of a request: of its path, or of who came without one.
package language

import (
	"net/http"
	"strings"

	"golang.org/x/text/language"

	"github.com/haihe-city/haihe/lang"
)

var matcher = language.NewMatcher([]language.Tag{language.Chinese, language.English})

// Negotiate picks the language of who came without one: Chinese, unless a browser asks for English before it.
func Negotiate(r *http.Request) lang.Lang {
	if l, ok := lang.Parse(r.URL.Query().Get("lang")); ok {
		return l
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return lang.Zh
	}
	_, i, sure := matcher.Match(tags...)
	if i == 1 && sure > language.No {
		return lang.En
	}
	return lang.Zh
}

// OfPath finds the language of a page's path; ok is false for paths outside both.
func OfPath(path string) (l lang.Lang, rest string, ok bool) {
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	l, ok = lang.Parse(first)
	return l, "/" + rest, ok
}
