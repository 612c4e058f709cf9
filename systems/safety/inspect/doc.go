// Package inspect is the inspection of plants (执法检查与隐患整改): who is inspected how often by risk, who is drawn by lot (双随机), what is looked at by which
// checklist, what was found on the spot, and until when it is put right.
//
// # Risk
//
// A plant's risk is points with reasons ([Rate]): the class of its gravest major hazard (GB 18218-2018), the time since its last inspection, process alarms
// and early warnings of the last 90 days, and hazards that are open. The grade gives how often a year it is inspected; tasks are laid evenly on the working days of the plan's span.
//
// # The lot
//
// A draw takes the plants whose SHA-256 of the seed, a blank and the plant's code is least, and the inspectors of each whose SHA-256 of the seed, a blank, the code, a blank and the
// inspector's id is least ([Draw]). The seed is made by the machine after the candidates are fixed and stands in the journal with a digest of the
// candidates, so that anybody can compute the draw again.
//
// # Findings
//
// A finding is a case of the kind rectification (kernel/casework): ordered, planned, rectified, re-inspected, closed. Its grade, clause and day of grace are fields of the case;
// an extension is asked for by one person and approved by another. Tasks lie in safety_inspect_task, plans, checklists (every version) and extensions beside it.
package inspect
