// Package keyset marks where a page of a list ends that is sorted by a number, mostly a time, and an id (按时间和编号翻页的标记).
package keyset

import (
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// Mark is the opaque token of the last row of a page: n is a time in µs, a day, or another number that the list is sorted by.
func Mark(n int64, id string) string { return store.Cursor(strconv.FormatInt(n, 10), id) }

// Read gives back what Mark packed; "", the first page, is 0 and "". errs.Invalid for what Mark did not make.
func Read(mark string) (n int64, id string, err error) {
	if mark == "" {
		return 0, "", nil
	}
	parts, err := store.Uncursor(mark, 2)
	if err != nil {
		return 0, "", err
	}
	if n, err = strconv.ParseInt(parts[0], 10, 64); err != nil {
		return 0, "", errs.Say(errs.Invalid, "翻页标记无效，请从第一页重新打开", "the page mark is not valid, open the list from its first page")
	}
	return n, parts[1], nil
}
