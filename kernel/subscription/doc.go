// Package subscription matches changes of entities to subscriptions and delivers what is due, provably (订阅与投递).
package subscription
