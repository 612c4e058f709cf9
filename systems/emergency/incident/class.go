package incident

// Harm counts people. Serious are the seriously injured (重伤) among Injured.
type Harm struct {
	Dead    int64 `json:"dead"`
	Missing int64 `json:"missing"`
	Trapped int64 `json:"trapped"`
	Serious int64 `json:"serious"`
	Injured int64 `json:"injured"`
}

// Propose gives the level of an accident by Decree 493 art. 3: 1 from 30 dead or 100 seriously injured, 2 from 10 or 50, 3 from 3 or 10,
// 4 below. The missing count with the dead as long as they are missing: a level is never too low because nobody has been found yet. It is
// a proposal; a person decides, since a plant that threatens a town is grave before anybody is hurt.
func Propose(h Harm) int {
	dead := h.Dead + h.Missing
	for level, at := range [][2]int64{{30, 100}, {10, 50}, {3, 10}} {
		if dead >= at[0] || h.Serious >= at[1] {
			return level + 1
		}
	}
	return 4
}
