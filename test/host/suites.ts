import './suite/activation.js';
import './suite/commands.js';
import './suite/download.js';
import './suite/inspector.js';
import './suite/language.js';
