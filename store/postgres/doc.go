// Package postgres is what is different about PostgreSQL 15 and later (独立数据库服务器), the engine of a city that has
// outgrown one machine's file.
//
// Everything lies in the schema that the connection string's search_path names first ("public" where it names none); the
// schema is made where it does not exist. The database must sort text by bytes (LOCALE 'C') and hold UTF-8, and the server
// must flush (fsync = on): Open says so and how to mend it. One instance at a time works on a schema, held by an advisory
// lock on the writer's connection, unless Options.Shared says otherwise.
package postgres
