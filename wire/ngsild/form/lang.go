package form

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// langRange is one language that is asked for, with its rank.
type langRange struct {
	tag string
	q   float64
}

// parseLang reads a language filter: ranges with quality values, best first, equals in their order (ETSI GS CIM 009 V1.9.1 4.15,
// RFC 3282, RFC 9110 12.5.4). What has quality 0 or makes no sense is left out.
func parseLang(s string) []langRange {
	list := []langRange{}
	for _, part := range strings.Split(s, ",") {
		tag, params, _ := strings.Cut(part, ";")
		r := langRange{strings.TrimSpace(tag), 1}
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			q, err := strconv.ParseFloat(v, 64)
			if err != nil {
				continue
			}
			r.q = q
		}
		if r.tag != "" && r.q > 0 {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b langRange) int {
		switch {
		case a.q > b.q:
			return -1
		case a.q < b.q:
			return 1
		}
		return 0
	})
	return list
}

// pickLang finds the text of a language map that suits the ranges best, and its tag: for each range the tag itself, then the range
// cut short from its end (RFC 4647 3.4), then a tag that goes on where the range ends; where none suits, the default text, else the first.
func pickLang(langs json.RawMessage, ranges []langRange) (text json.RawMessage, tag string, ok bool) {
	var tags []string
	var texts []json.RawMessage
	s := ngsi.Scan(langs)
	err := s.Object(func(key string) error {
		raw, err := s.Next()
		tags, texts = append(tags, key), append(texts, raw)
		return err
	})
	if err != nil || len(tags) == 0 {
		return nil, "", false
	}
	for _, r := range ranges {
		if r.tag == "*" {
			break
		}
		if i := matchLang(tags, r.tag); i >= 0 {
			return texts[i], tags[i], true
		}
	}
	i := max(slices.Index(tags, "@none"), 0)
	return texts[i], tags[i], true
}

// matchLang finds the tag that suits one range; -1 where none does.
func matchLang(tags []string, want string) int {
	for short := want; short != ""; {
		for i, tag := range tags {
			if strings.EqualFold(tag, short) {
				return i
			}
		}
		short = short[:max(strings.LastIndexByte(short, '-'), 0)]
	}
	for i, tag := range tags {
		if len(tag) > len(want) && tag[len(want)] == '-' && strings.EqualFold(tag[:len(want)], want) {
			return i
		}
	}
	return -1
}
