// Package gauge keeps number attributes that change often in series (仪表属性).
package gauge
