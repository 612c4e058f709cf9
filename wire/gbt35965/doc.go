// Package gbt35965 reads and writes warnings in the structure of GB/T 35965.1-2018 (应急信息交互协议 第1部分：预警信息), which Tianjin's
// DB12/T 1128-2022 builds on, and maps them from and to CAP 1.2.
//
// The printed standards were not at hand. From public secondary literature come: the identifier of 31 characters (issuer 14, time 14, number
// 1, parted by underscores), the issuer's code (region 6, body 3, office 3, extension 2), both forms of time (Beijing time) and the states;
// from files of the national release system as they are publicly described: names and order of the elements, secClassification, the colours
// of severity, the event code of five characters. Not known, and not guessed: names of files, what DB12/T 1128-2022 adds, and the content of
// GB/T 35561-2017 beyond the codes listed in [Events]. DB12/T 1128-2022 speaks of issuers' codes of 11 characters; those are refused here.
// Where the literature is silent, polygon and circle are taken as CAP writes them, latitude first.
package gbt35965
