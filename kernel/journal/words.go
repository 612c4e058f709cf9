package journal

import "github.com/haihe-city/haihe/lang"

// Word is a verb of the journal in words. Whoever records acts declares the words of their verbs; the journal keeps the verb.
type Word struct {
	Verb  string
	Title lang.Text
}
