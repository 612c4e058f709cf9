package hazard

import (
	"fmt"
	"strings"
	"time"

	"github.com/haihe-city/haihe/lang"
)

// Input is a substance of a unit with the greatest quantity that may be there (GB 18218-2018 4.2.2).
type Input struct {
	Name  string
	CAS   string
	Class string    // symbol of table 2; needed where table 1 does not name the substance
	Tons  float64   // q
	At    time.Time // as of when; zero where nobody has said
}

// Term is one substance's part of the sum.
type Term struct {
	Input
	Known    lang.Text // the name that the standard gives it, or its class
	Q        float64   // threshold quantity in tons; 0 where it cannot be told
	QFrom    lang.Text // "表1" / "table 1"
	Beta     float64   // 0 where it cannot be told
	BetaFrom lang.Text
	Ratio    float64 // q/Q
	Weighted float64 // β·q/Q
	Stale    bool
	Lacks    lang.Text // what is wanting; empty where nothing is
}

// Level is the class of a major hazard; 0 where the unit is none.
type Level int

// The levels (GB 18218-2018 table 6), the gravest first.
const (
	None Level = iota
	I
	II
	III
	IV
)

// Text is the level for people.
func (l Level) Text() lang.Text {
	if l < I || l > IV {
		return lang.T("不构成重大危险源", "No major hazard")
	}
	return lang.T([...]string{"一级", "二级", "三级", "四级"}[l-1], "Class "+[...]string{"I", "II", "III", "IV"}[l-1])
}

// Value is a unit's hazard value with every step.
type Value struct {
	Terms   []Term
	S       float64 // Σ q/Q
	Major   bool    // S is at least 1
	Exposed int
	Counted bool    // the people within 500 m were counted; where not, α is taken as the greatest
	Alpha   float64 // table 5
	Sum     float64 // Σ β·q/Q
	R       float64 // α·Sum
	Level   Level
	Whole   bool // every term could be told; where not, S and R are at least so much
	Stale   bool // an input is older than is allowed
}

// People are those who live within 500 m of the fence.
type People struct {
	Count int
	At    time.Time // zero where nobody has counted
}

// alphaUnknown is taken where nobody has counted: the greatest.
const alphaUnknown = 2.0

// Alpha gives the factor of exposed people. GB 18218-2018 table 5
func Alpha(people int) float64 {
	switch {
	case people >= 100:
		return 2.0
	case people >= 50:
		return 1.5
	case people >= 30:
		return 1.2
	case people >= 1:
		return 1.0
	}
	return 0.5
}

// LevelOf gives the class of a value. GB 18218-2018 table 6
func LevelOf(r float64) Level {
	switch {
	case r >= 100:
		return I
	case r >= 50:
		return II
	case r >= 10:
		return III
	}
	return IV
}

// Of computes a unit's hazard value. What is as of before fresh is marked stale.
func Of(list []Input, people People, fresh time.Time) Value {
	v := Value{Exposed: people.Count, Counted: !people.At.IsZero(), Alpha: alphaUnknown, Whole: true}
	if v.Counted {
		v.Alpha = Alpha(people.Count)
	}
	v.Stale = people.At.Before(fresh)
	for _, in := range list {
		t := term(in)
		t.Stale = in.At.Before(fresh)
		v.Stale = v.Stale || t.Stale
		v.Whole = v.Whole && t.Lacks.Empty()
		v.S += t.Ratio      // GB 18218-2018 4.2.1
		v.Sum += t.Weighted // GB 18218-2018 4.3.2
		v.Terms = append(v.Terms, t)
	}
	v.R = v.Alpha * v.Sum
	if v.Major = v.S >= 1; v.Major {
		v.Level = LevelOf(v.R)
	}
	return v
}

// term finds one substance's threshold and factor.
func term(in Input) Term {
	t := Term{Input: in, Known: lang.Same(in.Name)}
	c := classOf(in.Class)
	if l := find(in.Name, in.CAS); l != nil {
		t.Known, t.Q, t.QFrom = lang.T(l.names[0], l.names[1]), l.tons, lang.T("表1", "table 1")
		if l.beta > 0 {
			t.Beta, t.BetaFrom = l.beta, lang.T("表3", "table 3")
		} else if c == nil {
			c = classOf(l.class)
		}
	} else if in.CAS == carbonMonoxide || in.Name == "一氧化碳" {
		t.Beta, t.BetaFrom = 2, lang.T("表3", "table 3")
	}
	if c != nil {
		if t.Q == 0 {
			t.Q, t.QFrom = c.tons, lang.T("表2 "+c.symbol, "table 2 "+c.symbol)
		}
		if t.Beta == 0 {
			t.Beta, t.BetaFrom = c.beta, lang.T("表4 "+c.symbol, "table 4 "+c.symbol)
		}
	}
	switch {
	case in.Class != "" && classOf(in.Class) == nil:
		t.Lacks = lang.T(fmt.Sprintf("类别“%s”不在表2中", in.Class), fmt.Sprintf("class %q stands not in table 2", in.Class))
	case t.Q == 0:
		t.Lacks = lang.T("不在表1中，请填写表2类别", "not in table 1: give its class of table 2")
	case t.Beta == 0:
		t.Lacks = lang.T("不在表3中，请填写类别以按表4取 β", "not in table 3: give its class, for β by table 4")
	}
	if t.Q > 0 {
		t.Ratio = in.Tons / t.Q
		t.Weighted = t.Beta * t.Ratio
	}
	return t
}

func classOf(symbol string) *class {
	for i := range classes {
		if strings.EqualFold(classes[i].symbol, symbol) {
			return &classes[i]
		}
	}
	return nil
}

// plainer takes out what people write in more than one way.
var plainer = strings.NewReplacer("（", "(", "）", ")", "，", ",", " ", "", "＞", ">", "＜", "<", "﹪", "%")

// find looks table 1 up by name, then by CAS number where only one line has it.
func find(name, cas string) *listed {
	name = plainer.Replace(name)
	for i := range substances {
		for _, n := range substances[i].names {
			if strings.EqualFold(plainer.Replace(n), name) {
				return &substances[i]
			}
		}
	}
	var found *listed
	for i := range substances {
		for _, c := range substances[i].cas {
			if c != cas {
				continue
			}
			if found != nil {
				return nil // nitrocellulose, ammonium nitrate: the form decides
			}
			found = &substances[i]
		}
	}
	return found
}

// Classes are the symbols of table 2 with what they mean, for who fills in a form.
func Classes() (symbols []string, texts []lang.Text) {
	for _, c := range classes {
		symbols, texts = append(symbols, c.symbol), append(texts, lang.T(c.symbol+" "+c.zh, c.symbol+" "+c.en))
	}
	return symbols, texts
}
