package host

import "net/http"

// newConsole is put in place with package web.
func (p *Program) newConsole() (http.Handler, error) {
	_ = p.routes()
	return http.NotFoundHandler(), nil
}
