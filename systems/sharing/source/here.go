package source

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/store"
)

// entities reads the entities of a type of the common context, in the order in which they came to be.
func (s *Sources) entities(ctx context.Context, q Query, fn func(Row) error) error {
	return s.o.Entities.Each(ctx, entity.Query{Type: q.Spec.Where, After: q.After}, func(e *entity.Entity) error {
		row := Row{Values: map[string]any{}, Mark: store.Cursor(strconv.FormatInt(e.Num, 10))}
		for _, f := range q.Fields {
			row.Values[f.Name] = Coerce(f.Kind, attribute(e, f.from()))
		}
		return fn(row)
	})
}

// attribute reads a value of an entity: its id, its modifiedAt, a text, number or boolean, the object of a relationship, or a place
// as "longitude,latitude".
func attribute(e *entity.Entity, name string) any {
	switch name {
	case "id":
		return e.ID
	case "modifiedAt":
		return e.ModifiedAt
	}
	a := e.Attr(name)
	if a == nil {
		return nil
	}
	var v any
	if json.Unmarshal(a.Value, &v) != nil {
		return nil
	}
	if lon, lat, ok := e.Point(name); ok {
		return strconv.FormatFloat(lon, 'f', 6, 64) + "," + strconv.FormatFloat(lat, 'f', 6, 64)
	}
	return v
}

// targets reads the plan's targets as they stand, by id.
func (s *Sources) targets(ctx context.Context, q Query, fn func(Row) error) error {
	all, err := s.o.Indicators.All(ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b indicator.Status) int { return strings.Compare(a.ID, b.ID) })
	for _, t := range all {
		if t.ID <= q.After {
			continue
		}
		raw := map[string]any{"id": t.ID, "name": t.Name.Zh, "nameEn": t.Name.En, "goal": t.Target.Value, "unit": t.Unit, "due": int64(t.Due), "system": t.System, "state": string(t.State)}
		if t.Figure != nil {
			raw["value"], raw["at"] = t.Figure.Value, t.Figure.At
		}
		row := Row{Values: map[string]any{}, Mark: t.ID}
		for _, f := range q.Fields {
			row.Values[f.Name] = Coerce(f.Kind, raw[f.from()])
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return nil
}

// fileName is one plain name: no folder, no dot before it.
var fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,79}\.(csv|json)$`)

func (s *Sources) checkFile(spec Spec) error {
	if s.o.Folder == "" {
		return errs.Say(errs.Invalid, "未设置文件目录（sharing.files）", "the folder of files (sharing.files) is not set")
	}
	if !fileName.MatchString(spec.Where) {
		return errs.Say(errs.Invalid, "文件名“%s”应为 名称.csv 或 名称.json，不含目录", "the file %q is to be name.csv or name.json, without a folder", spec.Where)
	}
	return nil
}

// file reads a file whole. The folder is opened as a root, so that a link in it leads nowhere outside.
func (s *Sources) file(q Query) ([]map[string]any, error) {
	if err := s.checkFile(q.Spec); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(s.o.Folder)
	if err != nil {
		return nil, unread(err)
	}
	defer func() { _ = root.Close() }()
	f, err := root.Open(q.Spec.Where)
	if err != nil {
		return nil, unread(err)
	}
	defer f.Close()
	if strings.HasSuffix(q.Spec.Where, ".json") {
		body, err := io.ReadAll(io.LimitReader(f, maxBody+1))
		if err != nil {
			return nil, unread(err)
		}
		return list(body, q.Spec.Items)
	}
	return table(io.LimitReader(f, maxBody))
}

func unread(err error) error {
	return errs.Because(err, errs.Unavailable, "数据文件无法读取", "the file cannot be read")
}

// table reads a CSV whose first line names the columns.
func table(r io.Reader) (out []map[string]any, err error) {
	c := csv.NewReader(r)
	head, err := c.Read()
	if err != nil {
		return nil, unread(err)
	}
	head[0] = strings.TrimPrefix(head[0], "\uFEFF")
	for {
		line, err := c.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, unread(err)
		}
		if len(out) == maxRows {
			return nil, errs.Say(errs.TooLarge, "数据源超过 %d 行", "the source has more than %d rows", maxRows)
		}
		row := make(map[string]any, len(head))
		for i, name := range head {
			row[name] = line[i]
		}
		out = append(out, row)
	}
}
