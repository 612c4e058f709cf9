// Package exchange (交换回执) is the command haihe exchange verify: it checks the receipt of a call between nodes without network and without a
// platform, and prints what the receipt proves. What it knows is in systems/sharing/record.
package exchange
