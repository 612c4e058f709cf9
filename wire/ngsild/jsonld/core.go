package jsonld

import (
	"bytes"
	"encoding/json"
	"strings"
)

// The core context of GS CIM 009 V1.9.1, annex B, as a table: its 1.9 version has every term of versions 1.0 to 1.8, which differ
// from it by what they lack. A term stands alone where its IRI is ngsiLD and the term, as term=name where it is ngsiLD and the name,
// and as term=IRI otherwise. Terms stand by the one further member that their definition has.
var coreTable = []struct{ key, value, terms string }{
	{"", "", `Attribute AttributeList ContextSourceIdentity ContextSourceNotification ContextSourceRegistration Date DateTime
EntityMap EntityType EntityTypeInfo EntityTypeList ExecutionResultDetails Feature=geojson:Feature
FeatureCollection=geojson:FeatureCollection GeoProperty GeometryCollection=geojson:GeometryCollection JsonProperty
LanguageProperty LineString=geojson:LineString ListProperty ListRelationship MultiLineString=geojson:MultiLineString
MultiPoint=geojson:MultiPoint MultiPolygon=geojson:MultiPolygon Notification Point=geojson:Point
Polygon=geojson:Polygon Property Relationship Snapshot SnapshotNotification Subscription TemporalProperty Time
VocabProperty accept aggrMethods aggrParams aggrPeriodDuration attributeCount attributeDetails attrs cacheDuration
collation containedBy=isContainedBy contextSourceAlias contextSourceInfo contextSourceUptime cooldown csf data
description=http://purl.org/dc/terms/description detail endpoint entities entity entityCount
entityMapLifetime=hasEntityMapLifetime error errors expandValues format geoQ geometry=geojson:geometry geoproperty
georel idPattern information isActive join joinLevel=hasJoinLevel jsonKeys jsonldContext key=hasKey lang
langString=http://www.w3.org/1999/02/22-rdf-syntax-ns#langString lastN linkedMaps localOnly location management
managementInterval mode ngsildConformance notUpdated notification notificationTrigger notifierInfo observationInterval
observationSpace omit operationSpace operations ordering pick previousValue=hasPreviousValue
properties=geojson:properties q reason receiverInfo refreshRate registrationId registrationName resultStatus scope
scopeQ showChanges snapshotId snapshotLifetime snapshotPriority snapshotStatus splitEntities=hasSplitEntities status
subscriptionName sysAttrs temporalQ throttling timeInterval timeout timeproperty timerel timesFailed timesSent
title=http://purl.org/dc/terms/title triggerReason unchanged unitCode updated uri value=hasValue`},
	{"@type", "@vocab", `attributeList attributeName attributeNames attributeTypes attributes objectType=hasObjectType
previousVocab=hasPreviousVocab propertyNames relationshipNames typeList typeName typeNames valueType=hasValueType
vocab=hasVocab watchedAttributes`},
	{"@container", "@list", `avg bbox=geojson:bbox coordinates=geojson:coordinates distinctCount entityList jsons languageMaps=hasLanguageMaps max
min objectList=hasObjectList objectLists=hasObjectLists objects=hasObjects orderBy
previousObjectList=hasPreviousObjectList previousValueList=hasPreviousValueList snapshotQueries snapshotQueriesDetails
snapshotTemporalQueries snapshotTemporalQueriesDetails stddev sum sumsq totalCount valueList=hasValueList
valueLists=hasValueLists values=hasValues vocabs=hasVocabs`},
	{"@type", "@json", `contextSourceExtras json=hasJSON previousJson=hasPreviousJson problemDetails`},
	{"@type", "DateTime", `contextSourceTimeAt createdAt deletedAt endAt endTimeAt expiresAt lastFailure lastNotification lastSuccess lastUsedAt
modifiedAt notifiedAt observedAt startAt timeAt`},
	{"@container", "@index", `dataset=hasDataset entityMap=hasEntityMap`},
	{"@type", "@id", `datasetId entityId instanceId object=hasObject previousObject=hasPreviousObject subscriptionId success tenant`},
	{"@container", "@set", `features=geojson:features`},
	{"@container", "@language", `languageMap=hasLanguageMap previousLanguageMap=hasPreviousLanguageMap`},
}

// coreTerms gives the IRI of each core term, coreNames the term of each such IRI; neither is ever written to.
var coreTerms, coreNames = readCore()

func readCore() (terms, names map[string]string) {
	terms = map[string]string{"id": "@id", "type": "@type", "ngsi-ld": ngsiLD, "geojson": geoJSON, "ngsildproof": ngsiLD + "ngsildproof"}
	for _, group := range coreTable {
		for _, entry := range strings.Fields(group.terms) {
			term, iri := coreEntry(entry)
			terms[term] = iri
		}
	}
	names = make(map[string]string, len(terms))
	for term, iri := range terms {
		names[iri] = term
	}
	return terms, names
}

// coreEntry reads one entry of coreTable.
func coreEntry(entry string) (term, iri string) {
	term, iri, said := strings.Cut(entry, "=")
	switch {
	case !said:
		return term, ngsiLD + term
	case strings.HasPrefix(iri, "geojson:"):
		return term, geoJSON + strings.TrimPrefix(iri, "geojson:")
	case strings.Contains(iri, ":"):
		return term, iri
	}
	return term, ngsiLD + iri
}

// IsCoreTerm tells whether a term is one of the core context's, which no other context can redefine (4.4).
func IsCoreTerm(term string) bool { return coreTerms[term] != "" }

// CoreDocument prints the core context as the document that is served at its URL where the network does not reach it.
func CoreDocument() json.RawMessage {
	var b bytes.Buffer
	b.WriteString(`{"@context":{"@version":1.1,"@protected":true,"ngsi-ld":"` + ngsiLD + `","geojson":"` + geoJSON +
		`","id":"@id","type":"@type"`)
	for _, group := range coreTable {
		for _, entry := range strings.Fields(group.terms) {
			term, iri := coreEntry(entry)
			if group.key == "" {
				b.WriteString(`,"` + term + `":"` + iri + `"`)
				continue
			}
			b.WriteString(`,"` + term + `":{"@id":"` + iri + `","` + group.key + `":"` + group.value + `"}`)
		}
	}
	b.WriteString(`,"ngsildproof":{"@id":"` + ngsiLD + `ngsildproof","@context":[{"entityIdSealed":"` + ngsiLD +
		`entityIdSealed","entityTypeSealed":{"@id":"` + ngsiLD + `entityTypeSealed","@type":"@vocab"}},` +
		`"https://w3id.org/security/data-integrity/v2"]}`)
	b.WriteString(`,"@vocab":"` + defaultVocab + `"}}`)
	return b.Bytes()
}
