// Package interval takes interval files of meters in (区间数据文件导入): NEM12 and NEM13, plain or zipped.
//
// Each meter becomes an entity, each of its registers a channel, and the values of a channel a series of the family
// grid.interval. Such meters are none of the city's archive and count in no figure of the plan. What a record means to the
// byte is left to wire/nem12, the pages to systems/grid.
package interval
