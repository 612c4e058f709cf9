package entity

// Matches is the evaluator alone, for the tests that hold the narrowing to it.
func Matches(q Query, e *Entity) (bool, error) {
	f, err := q.compile()
	if err != nil {
		return false, err
	}
	return f.Matches(e), nil
}

// GatherLeast lets a test meet the bound on what is gathered without thousands of entities.
func (s *Store) GatherLeast(n int64) { s.least = n }
