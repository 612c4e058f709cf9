package web

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// Bounds of a search: hits of one kind, characters of the question, and how long a slow system may keep the others' answers back.
const (
	searchHits = 20
	searchLong = 100
	searchTime = 3 * time.Second
)

// pageSearch shows what all systems know of a word, by kind.
func (s *Server) pageSearch(r *Request) (*ui.Page, error) {
	p := &ui.Page{Title: lang.T("搜索", "Search")}
	q := strings.TrimSpace(r.Query("q"))
	if runes := []rune(q); len(runes) > searchLong {
		q = string(runes[:searchLong])
	}
	if q == "" {
		p.Lead = lang.T("输入目标、系统、单位或对象编号。", "Enter a target, a system, a unit or the number of an object.")
		return p, nil
	}
	hits, failed := s.search(r, q)
	var order []lang.Text
	by := map[lang.Text][]Hit{}
	for _, h := range hits {
		if by[h.Kind] == nil {
			order = append(order, h.Kind)
		}
		by[h.Kind] = append(by[h.Kind], h)
	}
	p.Lead = lang.T("“"+q+"”共 "+ui.Grouped(int64(len(hits)))+" 项", "“"+q+"”: "+ui.Grouped(int64(len(hits)))+" found")
	if failed > 0 {
		p.Body = append(p.Body, ui.Notice{Kind: "warn", Text: lang.T("部分系统未能应答，结果可能不全。", "Some systems did not answer; there may be more.")})
	}
	if len(hits) == 0 {
		p.Body = append(p.Body, ui.Notice{Kind: "info", Text: lang.T("没有找到。可换用编号的一部分，或另一个名称。", "Nothing found. Try a part of the number, or another name.")})
	}
	for _, k := range order {
		t := ui.Table{Title: k, Total: -1, Columns: []ui.Column{{Key: "name", Text: lang.T("名称", "Name")}, {Key: "sub", Text: lang.T("说明", "About")}}}
		for _, h := range by[k] {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: h.Text, Href: h.Href, Strong: true}, {Text: h.Sub}}})
		}
		p.Body = append(p.Body, t)
	}
	return p, nil
}

// search asks all systems at once; failed counts those that did not answer. Hits keep the systems' order.
func (s *Server) search(r *Request, q string) (hits []Hit, failed int) {
	ctx, cancel := context.WithTimeout(r.Context(), searchTime)
	defer cancel()
	found := make([][]Hit, len(s.o.Search))
	bad := make([]bool, len(s.o.Search))
	var wg sync.WaitGroup
	for i, f := range s.o.Search {
		wg.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					s.o.Log.Error("a search panicked", "request", r.id, "panic", v)
					bad[i] = true
				}
			}()
			var err error
			if found[i], err = f(ctx, r.Who, q, searchHits); err != nil {
				s.o.Log.Warn("a search failed", "request", r.id, "error", err)
				bad[i] = true
			}
		})
	}
	wg.Wait()
	for i := range found {
		hits = append(hits, found[i]...)
		if bad[i] {
			failed++
		}
	}
	return hits, failed
}
