import './shell/theme.js'
