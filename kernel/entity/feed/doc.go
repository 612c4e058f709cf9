// Package feed (订阅分发) tells listeners inside the program what was changed: after the commit, or within the writer's transaction.
package feed
