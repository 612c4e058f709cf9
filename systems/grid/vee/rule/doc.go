// Package rule holds the rules of validation and estimation (数据校核与估算规则) over one meter's day: what looks wrong in its 96
// registers, and what to put where nothing came.
//
// It is pure: a [Day] and a [Stat] go in, findings and estimates come out. Energies are in 0.0001 kWh (0.1 Wh), powers in
// 0.0001 kW, voltages in 0.1 V, as the family grid.meter keeps them; series.Null stands for what is not there. Statistics are
// kept in a scale of a 256th of an octave ([level]), so that a household and a steelworks are judged alike.
//
// A finding is a reason to look, never a verdict: nothing here changes a reading. What is stored, who may edit and what is
// shown is left to package vee.
package rule
