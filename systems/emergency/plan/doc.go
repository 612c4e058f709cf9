// Package plan keeps the plans for emergencies (应急预案) and makes their tasks when one is activated: who does what, by when after the
// activation. A plan is written by one person and approved by another; a change is a new version, and the version that was activated
// stays readable. A drill activates the same plan on an incident that is marked as a drill.
package plan
