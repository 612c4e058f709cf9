package walk

import (
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// Cursor is the cursor of the page after a row; After reads it.
func Cursor(last int64) string { return store.Cursor(strconv.FormatInt(last, 10)) }

// After reads the cursor of a page: the number that its last row has.
func After(token string) (int64, error) {
	parts, err := store.Uncursor(token, 1)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return 0, errs.Say(errs.Invalid, "翻页标记无效，请从第一页重新查询", "the page cursor is not valid; start again from the first page")
	}
	return n, nil
}

// Limit checks the size of a page: 1 to 1000, 20 where 0.
func Limit(limit int) (int, error) {
	switch {
	case limit == 0:
		return 20, nil
	case limit < 0 || limit > 1000:
		return 0, errs.Say(errs.Invalid, "每页条数须在 1 至 1000 之间", "ask for 1 to 1000 at a time")
	}
	return limit, nil
}
