package grid

import (
	"context"
	"fmt"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/pages"
)

// The kinds of file that this room takes in.
const (
	importArchive = "archive"
	importNEM     = "nem12"
)

// archiveBatch is how many meters one transaction takes.
const archiveBatch = 4000

// importArchive takes a meter archive. A file with a wrong line changes nothing; every wrong line is reported. Importing the same
// file again changes nothing; a meter that the file does not name stays as it is, so a short file cannot wipe the archive.
func (s *service) importArchive(ctx context.Context, run intake.Run) (intake.Result, error) {
	meters, res := readArchive(run)
	if res.Stopped != nil || run.DryRun {
		return res, nil
	}
	if res.Refused > 0 {
		stop := lang.T(fmt.Sprintf("有 %d 行不合规，未写入任何内容。请改正后重新导入。", res.Refused), fmt.Sprintf("%d lines are wrong, nothing was written. Mend them and import again.", res.Refused))
		res.Stopped, res.Taken = &stop, 0
		return res, nil
	}
	for from := 0; from < meters.Len(); from += archiveBatch {
		chunk := meters.Meters(from, archiveBatch)
		counts, err := s.putMeters(ctx, run.By, run.File, chunk)
		if err != nil {
			return res, errs.Wrap("write the archive", err)
		}
		for k, n := range counts {
			res.Counts[k] += n
		}
	}
	s.ledger.Forget()
	if res.Counts["changed"] > 0 {
		if err := s.ledger.Moved(ctx); err != nil {
			return res, errs.Wrap("sum the load of the districts anew", err)
		}
	}
	s.changed()
	s.host.Indicators.Stale(pages.TargetMeters)
	return res, nil
}

// readArchive reads and checks the whole file; wrong lines go to the run's report.
func readArchive(run intake.Run) (meters *book.Book, res intake.Result) {
	res.Counts = map[string]int64{"new": 0, "changed": 0, "unchanged": 0}
	meters, n, err := book.ReadArchive(run.Body, book.ArchiveReport{
		Progress: run.Progress,
		Wrong:    func(line int, err error) { report(run, line, err) },
	})
	res.Read, res.Refused, res.Taken = n.Read, n.Wrong, n.Read-n.Wrong
	if msg, ok := errs.MsgOf(err); ok {
		res.Stopped = &msg
	}
	return meters, res
}

// report writes the reason into the import's report, in both languages.
func report(run intake.Run, line int, err error) {
	if run.Report == nil {
		return
	}
	msg, ok := errs.MsgOf(err)
	if !ok {
		msg = lang.T("无法读取："+err.Error(), "cannot be read: "+err.Error())
	}
	run.Report(intake.Line{Line: line, Level: "error", Text: msg})
}

// putMeters writes one chunk of the archive in one transaction: meters, and the concentrators and feeders that they name.
func (s *service) putMeters(ctx context.Context, by *identity.Principal, file string, chunk []book.Meter) (map[string]int64, error) {
	counts := map[string]int64{}
	err := s.host.DB.Write(ctx, func(tx *store.Tx) error {
		clear(counts) // the chunk may run again
		var put []book.Meter
		places := map[string]bool{}
		if err := s.entities.Fetch(tx, s.strange(chunk)); err != nil {
			return err
		}
		for _, m := range chunk {
			stored, what, err := s.putMeter(tx, m)
			if err != nil {
				return err
			}
			counts[what]++
			if what == "unchanged" {
				continue
			}
			put = append(put, stored)
			if err := s.putPlaces(tx, m, places); err != nil {
				return err
			}
		}
		if len(put) == 0 {
			return nil
		}
		tx.OnCommit(func() {
			for _, m := range put {
				s.book.Put(m)
			}
		})
		return s.host.Journal.Append(tx, act(by, grantImport, "import", "grid.archive", map[string]any{"file": file, "new": counts["new"], "changed": counts["changed"]}))
	})
	return counts, err
}

// strange gives the entities that a chunk may make: its meters that the book does not know, and their places.
func (s *service) strange(chunk []book.Meter) (ids []string) {
	places := map[string]bool{}
	for i := range chunk {
		m := &chunk[i]
		if _, _, known := s.book.Seat(m.Address); known {
			continue
		}
		ids = append(ids, book.MeterID(m.Address))
		for _, id := range []string{book.ConcentratorID(m.Concentrator), book.FeederID(m.Feeder)} {
			if !places[id] {
				places[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// putMeter writes one meter where it is new or has changed.
func (s *service) putMeter(tx *store.Tx, m book.Meter) (book.Meter, string, error) {
	_, old, known := s.book.Find(m.Address)
	if !known {
		e := meterEntity(m)
		if err := s.entities.Create(tx, e); err != nil {
			return m, "", err
		}
		m.Num = e.Num
		return m, "new", nil
	}
	m.Num = old.Num
	if old.Installed.Equal(m.Installed) {
		old.Installed = m.Installed
	}
	if old == m {
		return m, "unchanged", nil
	}
	attrs := meterEntity(m).Attrs
	if old.Solar && !m.Solar {
		attrs = append(attrs, entity.BoolAttr("solar", false))
	}
	_, err := s.entities.Merge(tx, book.MeterID(m.Address), attrs...)
	return m, "changed", err
}

// putPlaces makes the concentrator and the feeder of a meter known, once a chunk.
func (s *service) putPlaces(tx *store.Tx, m book.Meter, done map[string]bool) error {
	for _, e := range []*entity.Entity{
		{ID: book.ConcentratorID(m.Concentrator), Types: []string{book.TypeConcentrator}, Owner: owner, Attrs: []entity.Attr{entity.TextAttr("address", m.Concentrator), entity.TextAttr("district", m.District), entity.TextAttr("protocol", string(m.Protocol))}},
		{ID: book.FeederID(m.Feeder), Types: []string{book.TypeFeeder}, Owner: owner, Attrs: []entity.Attr{entity.TextAttr("name", m.Feeder), entity.TextAttr("district", m.District)}},
	} {
		if done[e.ID] {
			continue
		}
		done[e.ID] = true
		if _, err := s.entities.GetTx(tx, e.ID); err == nil {
			continue
		} else if !errs.Is(err, errs.NotFound) {
			return err
		}
		if err := s.entities.Create(tx, e); err != nil {
			return err
		}
	}
	return nil
}
