package host

import (
	"net/http"
)

// openConsole makes the one handler: the console with every route, and beside it what machines ask for.
func (p *Program) openConsole() error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", p.serveAlive)
	mux.HandleFunc("GET /readyz", p.serveReady)
	mux.Handle("GET /metrics", p.metricsHandler())
	console, err := p.newConsole()
	if err != nil {
		return err
	}
	mux.Handle("/", console)
	p.Handler = mux
	return nil
}
