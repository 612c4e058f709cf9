// Package order carries orders to meters: to cut off and reconnect supply (远程停复电), to permit a reconnection at the meter, to read and
// to set a meter's clock.
//
// An order is asked, approved by a second person (and confirmed by a third where the customer is protected), sent once, and proven by
// reading the relay or the clock back; every step is kept with who did it and the bytes of the answer. The table itself refuses an order
// that nobody else has approved. An order is marked as sent before the first byte leaves: after a crash or a lost link it may have been
// obeyed, so it is looked at again when the meter is there, and never sent a second time. Whoever wants it again asks anew.
//
// Its data: grid_order, grid_order_step, grid_order_guard, grid_order_clock, grid_order_setting.
package order
