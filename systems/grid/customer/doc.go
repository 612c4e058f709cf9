// Package customer is what the customers of the grid see and do themselves (用电客户服务): the usage, the quality of the readings, the
// interruptions and the readers of their own meters, and nobody else's.
//
// An account sees a meter while a binding says so. A binding comes from a one-time code that the power company issues for a meter and
// prints on its bill, or from an officer at the counter (a file of bindings); it ends by the customer or by an officer. Codes are
// kept as hashes, expire, and cannot be guessed: they have 79 bits, and an account that tries wrong ones is held off.
//
// Every look of somebody else at one meter's page or data is noted before it is answered ([Part.Watch]), and shown to the customer.
// Lists of many meters, and the city context, are not noted.
//
// An average of like customers (same district, same kind) is shown where at least [usage.Fewest] of them have a figure and none draws
// more than a quarter of the whole, to a tenth of a kWh, the same all day: so that it tells of no single one.
//
// Its data: grid_customer_code, _binding, _try, _read, _report, _notice, _tariff. An outage that a customer tells of is a report until
// an officer takes it up; nothing is counted from a customer's word alone. Energies are counted by package usage.
package customer
