// Package resource keeps what an emergency is met with (应急资源): teams, vehicles, materials, shelters, experts, with place, number and
// whom to ask. It finds the nearest that are free, and lends them to incidents: what is lent is never lent twice, since the number that
// is free changes in the same statement that looks at it.
package resource
