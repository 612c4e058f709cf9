// Package verify (核验存证) is the command haihe verify: it checks a proof, or a log that was exported, with keys and files alone, and names
// every place that does not hold. What it knows is in kernel/journal/audit.
package verify
