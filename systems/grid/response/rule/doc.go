// Package rule decides what a demand response event asks of whom and what is paid for it (遴选与结算): arithmetic only, in whole numbers, so
// that anybody can count it again. Power is in kW, energy in 0.0001 kWh, money in fen, shares in thousandths.
package rule
