// Package ui is the one place that knows HTML (界面). Systems describe pages with the typed values of block.go and plan.go; the
// templ components here draw them inside one shell, so that thirty systems look alike.
//
// RenderPage draws a whole page, RenderUpdate the part of an open page that changed. The helpers Num, Percent, Quantity and
// Clause say figures the way both languages want them. Pages work without script: tables page, sort and filter by links and
// forms, maps and charts are SVG from web/ui/draw; the modules in web/static/js only add to what is there. Nothing here carries
// an inline style or script, since the content security policy forbids both.
//
// Page.Only takes from a page what its reader may not open; web calls it for every page, so that a system need not ask who may follow
// a link. What is in one language only, a plant's name say, is a lang.Same: on a page of the other language it is drawn with its own
// lang attribute, and so are Chinese names within an English text.
//
// It keeps no data and asks nobody: what a page shows was computed before. Sessions, grants and streams are web's.
// After a change to a .templ file run `go tool templ generate`; the generated files are committed.
package ui
