package subscription

// Abandon freezes an engine in the middle of whatever it does, for good: to the database it is as if its process had been killed.
func (g *Engine) Abandon() {
	g.unwatch()
	g.mu.Lock()
}
