// Package exchange (报文交换) is what every NGSI-LD operation over HTTP has in common (ETSI GS CIM 009 V1.9.1, 6.3): finding the
// operation of a request, the checks before it runs, the @context that it is read in, and how answers, pages and problems are
// written.
//
// Operations are data ([Op]): one list serves routing, checking, permissions, the OpenAPI document and the tests. The package
// keeps nothing; what operations do lies in their own packages (entities, history, subscribe, contexts), which package ngsild joins.
//
// Decisions where the standard leaves a choice:
//
//   - Paging (5.5.9). Who states offset pages transparently (5.5.9.2) and gets Links with limit and offset. Who does not gets opaque
//     Links (5.5.9.1) with the parameter pageAfter, a cursor: such pages neither repeat nor miss what exists throughout, whatever
//     is written meanwhile. They carry offset as well, from which the Link to the previous page is made.
//   - A parameter that is stated several times counts as one list, joined by commas.
//   - "+" in scopeQ, idPattern and times is a plus; elsewhere it is a space, as in forms.
//   - A problem's detail is in Chinese or in English as Accept-Language prefers, and in both where it says nothing.
package exchange
