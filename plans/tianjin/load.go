package tianjin

import (
	_ "embed" // the data files
	"errors"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
)

//go:embed units.yaml
var unitsFile []byte

//go:embed targets.yaml
var targetsFile []byte

//go:embed systems.yaml
var systemsFile []byte

// unit, target and system are one row each of the data files.
type unit struct {
	Zh, En      string
	District    string
	Coordinator bool
}

type target struct {
	ID, Area, Section string
	Zh, En            string
	Op                string
	Value             float64
	Unit              string
	Due               int
	Owners            []string
	System, Kind      string
	Measure, Counted  string
	Quote             string
	Base              *float64
}

type system struct {
	ID, Zh, En, Section, Job string
	Formats                  []string
	Scale                    string
}

// Load reads the plan and its units, in the order in which the files give them.
func Load() (indicator.Plan, []identity.Unit, error) {
	return load(unitsFile, targetsFile, systemsFile)
}

func load(unitsYAML, targetsYAML, systemsYAML []byte) (indicator.Plan, []identity.Unit, error) {
	p := frame()
	units, err := loadUnits(unitsYAML)
	if err != nil {
		return p, nil, errs.Wrap("read units.yaml", err)
	}
	for _, u := range units {
		if u.Coordinator {
			p.Coordinators = append(p.Coordinators, u.ID)
		}
	}
	if p.Systems, err = loadSystems(systemsYAML); err != nil {
		return p, nil, errs.Wrap("read systems.yaml", err)
	}
	if p.Targets, err = loadTargets(targetsYAML, units); err != nil {
		return p, nil, errs.Wrap("read targets.yaml", err)
	}
	if err := p.Check(); err != nil {
		return p, nil, errs.Wrap("check the plan", err)
	}
	return p, units, nil
}

// strict reads YAML in which every key is known and stands once.
func strict(data []byte, into any) error {
	return yaml.UnmarshalWithOptions(data, into, yaml.Strict())
}

func loadUnits(data []byte) ([]identity.Unit, error) {
	var doc struct{ Units map[string]unit }
	if err := strict(data, &doc); err != nil {
		return nil, err
	}
	order, err := keys(data, "$.units")
	if err != nil {
		return nil, err
	}
	var out []identity.Unit
	for _, id := range order {
		u := doc.Units[id]
		if u.Zh == "" || u.En == "" {
			return nil, fault("unit " + id + ": the name is needed in both languages")
		}
		out = append(out, identity.Unit{ID: id, Name: lang.T(u.Zh, u.En), District: u.District, Coordinator: u.Coordinator})
	}
	return out, nil
}

// keys lists the keys of a mapping in the order of the file, which a Go map forgets.
func keys(data []byte, at string) ([]string, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, err
	}
	path, err := yaml.PathString(at)
	if err != nil {
		return nil, err
	}
	node, err := path.FilterFile(file)
	if err != nil {
		return nil, err
	}
	m, ok := node.(*ast.MappingNode)
	if !ok {
		return nil, fault(at + " is no mapping")
	}
	var out []string
	for _, v := range m.Values {
		out = append(out, v.Key.GetToken().Value)
	}
	return out, nil
}

func loadSystems(data []byte) ([]indicator.System, error) {
	var doc struct{ Systems []system }
	if err := strict(data, &doc); err != nil {
		return nil, err
	}
	var out []indicator.System
	for _, s := range doc.Systems {
		if s.ID == "" || s.Zh == "" || s.En == "" || s.Section == "" || s.Job == "" {
			return nil, fault("system " + s.ID + ": id, zh, en, section and job are needed")
		}
		out = append(out, indicator.System{ID: s.ID, Name: lang.T(s.Zh, s.En), Section: s.Section, Job: s.Job, Formats: s.Formats, Scale: s.Scale})
	}
	return out, nil
}

func loadTargets(data []byte, units []identity.Unit) ([]indicator.Target, error) {
	var doc struct{ Targets []target }
	if err := strict(data, &doc); err != nil {
		return nil, err
	}
	var out []indicator.Target
	for _, t := range doc.Targets {
		for _, o := range t.Owners {
			if !slices.ContainsFunc(units, func(u identity.Unit) bool { return u.ID == o }) {
				return nil, fault("target " + t.ID + ": no unit " + o)
			}
		}
		switch {
		case t.Kind != "measured" && t.Kind != "reported":
			return nil, fault("target " + t.ID + ": kind is measured or reported")
		case t.Measure == "" || t.Counted == "" || t.Quote == "" || t.Section == "" || strings.TrimSpace(t.Unit) == "":
			return nil, fault("target " + t.ID + ": section, unit, measure, counted and quote are needed")
		}
		out = append(out, indicator.Target{ID: t.ID, Area: t.Area, Section: t.Section, Name: lang.T(t.Zh, t.En), Op: t.Op,
			Value: t.Value, Unit: t.Unit, Due: t.Due, Owners: t.Owners, System: t.System, Reported: t.Kind == "reported",
			Measure: t.Measure, Counted: t.Counted, Quote: t.Quote, Base: t.Base})
	}
	return out, nil
}

// fault is a mistake in the data files: theirs to mend who write them, so English is enough.
func fault(what string) error { return errors.New(what) }
