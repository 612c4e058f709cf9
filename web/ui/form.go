package ui

import (
	"slices"

	"github.com/a-h/templ"
)

// fieldID is unique on a page as long as forms have IDs.
func (f Form) fieldID(x Field) string {
	if f.ID == "" {
		return "f-" + x.Name
	}
	return f.ID + "-" + x.Name
}

func (f Form) upload() bool {
	for _, x := range f.Fields {
		if x.Kind == "file" {
			return true
		}
	}
	return false
}

// wrong tells whether any field has an error of its own.
func (f Form) wrong() bool {
	for _, x := range f.Fields {
		if !x.Error.Empty() {
			return true
		}
	}
	return false
}

// aria ties a field to its error and its help.
func (x Field) aria(id string) templ.Attributes {
	a := templ.Attributes{}
	by := ""
	if !x.Error.Empty() {
		a["aria-invalid"] = "true"
		by = id + "-e"
	}
	if !x.Help.Empty() {
		if by != "" {
			by += " "
		}
		by += id + "-h"
	}
	if by != "" {
		a["aria-describedby"] = by
	}
	return a
}

// optional tells whether a field may be left empty and says so; a choice that always holds something need not.
func (x Field) optional() bool {
	return !x.Required && (x.Kind != "select" || slices.ContainsFunc(x.Options, func(o Option) bool { return o.Value == "" }))
}
