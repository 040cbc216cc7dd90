import { start } from '../parts/start';
import Appointment from './Appointment.svelte';
import { patientWords } from './words';

void start(Appointment, patientWords);
