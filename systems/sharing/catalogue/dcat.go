package catalogue

import (
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/sharing/policy"
)

// ldContext is the JSON-LD context of what is handed out: it stands inside, so that nobody has to fetch anything.
func ldContext() map[string]any {
	typed := func(id, kind string) map[string]any { return map[string]any{"@id": id, "@type": kind} }
	return map[string]any{
		"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/", "xsd": "http://www.w3.org/2001/XMLSchema#", "odrl": "http://www.w3.org/ns/odrl/2/",
		"title": "dct:title", "description": "dct:description", "identifier": "dct:identifier", "keyword": "dcat:keyword", "name": "foaf:name",
		"dataset": typed("dcat:dataset", "@id"), "distribution": typed("dcat:distribution", "@id"), "publisher": typed("dct:publisher", "@id"), "accessService": typed("dcat:accessService", "@id"),
		"issued": typed("dct:issued", "xsd:dateTime"), "modified": typed("dct:modified", "xsd:dateTime"), "accrualPeriodicity": typed("dct:accrualPeriodicity", "@id"),
		"accessRights": typed("dct:accessRights", "@id"), "mediaType": typed("dcat:mediaType", "@id"), "accessURL": typed("dcat:accessURL", "@id"), "version": "dcat:version",
		"endpointURL": typed("dcat:endpointURL", "@id"), "servesDataset": typed("dcat:servesDataset", "@id"), "rights": "dct:rights",
	}
}

// said is a text in both languages as JSON-LD writes it.
func said(t lang.Text) []map[string]string {
	return []map[string]string{{"@value": t.Zh, "@language": "zh-Hans"}, {"@value": t.En, "@language": "en"}}
}

// The vocabularies that DCAT points to for frequency and access.
const (
	frequency = "http://publications.europa.eu/resource/authority/frequency/"
	access    = "http://publications.europa.eu/resource/authority/access-right/"
	media     = "https://www.iana.org/assignments/media-types/"
)

var (
	frequencies = map[string]string{"live": "UPDATE_CONT", "day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "quarter": "QUARTERLY", "year": "ANNUAL"}
	rights      = map[string]string{policy.Unconditional: "RESTRICTED", policy.Conditional: "RESTRICTED", policy.NotShared: "NON_PUBLIC"}
)

// dcat writes the published resources as a catalogue of DCAT 3. base is the address of this node; unitName names units.
func dcat(list []*Resource, base string, unitName func(id string) lang.Text) map[string]any {
	datasets := []any{}
	for _, r := range list {
		if r.State != Published {
			continue
		}
		id := base + "/api/sharing/resources/" + r.ID
		right := rights[r.Sharing.Type]
		if r.Sharing.Open {
			right = "PUBLIC"
		}
		d := map[string]any{
			"@id": id, "@type": "dcat:Dataset", "identifier": []string{r.ID, r.Code}, "title": said(r.Name), "description": said(r.Abstract), "version": r.Version,
			"publisher": map[string]any{"@id": base + "/api/sharing/units/" + r.Unit, "@type": "foaf:Agent", "name": said(unitName(r.Unit))},
			"issued":    r.Published.UTC().Format(time.RFC3339), "modified": r.Changed.UTC().Format(time.RFC3339),
			"accrualPeriodicity": frequency + frequencies[r.Period], "accessRights": access + right, "rights": r.Sharing.Condition + r.Sharing.Basis,
		}
		if len(r.Keywords) > 0 {
			d["keyword"] = r.Keywords
		}
		if r.Sharing.Type != policy.NotShared { // what is not shared is known of, and nowhere to be had
			at := base + "/api/sharing/call/" + r.ID
			d["distribution"] = []any{map[string]any{"@id": id + "#json", "@type": "dcat:Distribution", "mediaType": media + "application/json", "accessURL": at,
				"accessService": map[string]any{"@id": at, "@type": "dcat:DataService", "title": said(r.Name), "endpointURL": at, "servesDataset": id}}}
		}
		datasets = append(datasets, d)
	}
	return map[string]any{"@context": ldContext(), "@id": base + "/api/sharing/dcat.jsonld", "@type": "dcat:Catalog", "title": said(lang.T("政务信息资源目录", "Catalogue of government information resources")), "dataset": datasets}
}
