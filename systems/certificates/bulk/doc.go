// Package bulk (批量签发) issues certificates from lists of citizens, enterprises and civil servants.
//
// A list is CSV in UTF-8 with a head line: name, organization, unit, code, number, request; other columns are passed over. number is that of
// the identity paper (of persons), code the unified social credit code (of enterprises), request the holder's certificate request in base64,
// as the bureau that prepares cards and tokens hands it over with the list. A list is read and held to the register first (the dry run, with a
// report by line), and starts when a second person says so.
//
// Work goes on in batches in the background. The certificates, the log, the lines and the job's place change in one transaction, so that a
// job that was killed goes on where it stood, and no subject gets a second certificate: also not where two jobs have the same subjects.
package bulk
