package host

import (
	"context"
	"slices"

	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/web"
)

// openIntake makes the desk where the opened systems take files in.
func (p *Program) openIntake() *intake.Desk {
	var systems []intake.System
	for _, r := range p.rooms {
		if r.opened != nil {
			systems = append(systems, intake.System{Name: r.Name, Title: r.Title, Kinds: r.Imports, Take: r.opened.Import})
		}
	}
	count := newMetrics(p.registry, "host").Counter("imports_total", "Files taken in, by outcome.", "system", "name", "outcome")
	return intake.New(intake.Options{
		Scratch: p.o.Scratch, MaxFile: p.o.Settings.Server.MaxImport << 20, Wall: p.o.Wall, Log: p.o.Log, Guard: guard,
		Count: func(system, kind, outcome string) { count(1, system, kind, outcome) },
	}, systems)
}

// ImportKinds lists the kinds of files that the running systems take.
func (p *Program) ImportKinds() []intake.Listed { return p.imports.Kinds() }

// ImportFile takes a file in without HTTP, for the command line and the demo.
func (p *Program) ImportFile(ctx context.Context, system, name string, run intake.Run) (intake.Result, error) {
	return p.imports.File(ctx, system, name, run)
}

// has tells whether a system brings a route of its own for a pattern.
func (p *Program) has(system, pattern string) bool {
	for _, r := range p.rooms {
		if r.Name == system {
			return slices.ContainsFunc(r.opened.Routes, func(own web.Route) bool { return own.Pattern == pattern })
		}
	}
	return false
}
