package hj

import (
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/wire/hj212"
)

// qualities are what a logger's mark means for rules. HJ 212-2017 6.6.4
var qualities = [...]rule.Quality{hj212.Normal: rule.Good, hj212.Doubtful: rule.Uncertain, hj212.Bad: rule.Faulty}
