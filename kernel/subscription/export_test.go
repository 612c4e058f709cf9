package subscription

// Abandon makes an engine stop as a killed process does: nothing more is written down.
func (g *Engine) Abandon() {
	g.unwatch()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.book.pages, g.book.rows, g.book.dead = map[int64]struct{}{}, nil, nil
}
