// Package espi writes a meter's usage as Green Button data (绿色按钮用电数据): the Atom feed of the Energy Services Provider Interface,
// NAESB REQ.21, which home energy programs read.
//
// [Write] gives one UsagePoint with its TimeConfiguration, ReadingType, MeterReading and one IntervalBlock a day. The shape was held
// against the open schema of the interface (espiDerived.xsd and atom.xsd of the OpenESPI project); the standard itself, which is
// sold, was not seen, so that no clause is named here.
//
// It is values to bytes only: which readings there are, and who may have them, is the work of systems/grid/customer.
package espi
