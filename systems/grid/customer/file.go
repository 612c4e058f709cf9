package customer

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/web/sheet"
)

// ImportName is the name of the bindings that officers make, as a kind of import: lines "login,address".
const ImportName = "bindings"

// Import binds accounts to meters on the word of an officer, as at the counter for who has no bill at hand.
func (p *Part) Import(ctx context.Context, run intake.Run) (res intake.Result, err error) {
	if err := serve(run.By); err != nil {
		return res, err
	}
	in := csv.NewReader(run.Body)
	in.FieldsPerRecord = 2
	res.Counts = map[string]int64{}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return res, nil
		}
		line := sheet.LineOf(in, row, err)
		if err == nil && line == 1 && strings.TrimPrefix(row[0], "\ufeff") == "login" {
			continue
		}
		res.Read++
		bound := false
		if err == nil {
			bound, err = p.bindAs(ctx, run.By, row[0], row[1], run.DryRun)
		} else {
			err = errs.Say(errs.Invalid, "本行应为“账号,电表号”两列", "this line is to have two columns, login and address")
		}
		msg, said := errs.MsgOf(err)
		switch {
		case err != nil && !said:
			return res, err
		case err != nil:
			res.Refused++
			run.Report(intake.Line{Line: line, Level: "error", Text: msg})
		case bound:
			res.Taken++
			res.Counts["bound"]++
		default:
			res.Counts["unchanged"]++
			run.Report(intake.Line{Line: line, Level: "info", Text: lang.T("已绑定，或绑定数已满", "bound already, or no room for it")})
		}
	}
}

// noPerson says that a file names an account that is none of a citizen.
func noPerson(login string) error {
	return errs.Say(errs.Invalid, "没有账号为“%s”的市民账户", "there is no citizen's account %q", login)
}

// bindAs binds an account to a meter on an officer's word, as at the counter.
func (p *Part) bindAs(ctx context.Context, who *identity.Principal, login, address string, dry bool) (bound bool, err error) {
	person, err := p.o.People.Citizen(ctx, login)
	if err != nil {
		return false, noPerson(login)
	}
	_, m, ok := p.o.Book.Find(address)
	if !ok {
		return false, errs.Say(errs.Invalid, "档案中没有电表 %s", "meter %s is not in the archive", address)
	}
	if dry {
		return true, nil
	}
	var refused error
	err = p.o.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if refused, err = room(tx, person, m.Num); err != nil || refused != nil {
			return err
		}
		return p.bind(tx, who, GrantServe, person, m, "officer")
	})
	return err == nil && refused == nil, errs.Wrap("bind a meter", err)
}
