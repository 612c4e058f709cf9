// Package names (名称) gives the names of types, attributes and units the numbers that documents and indexes hold, and says under which
// names the things of a tenant stand in the tables that all tenants share.
package names
