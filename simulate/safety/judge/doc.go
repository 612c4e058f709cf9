// Package judge holds what a platform's alarms say against the truth of simulated plants (以真值核对平台告警): which faults it found, which it
// missed, and which alarms nothing explains.
package judge
