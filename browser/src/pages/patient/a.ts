import { heldHere } from '../../usecases/keep';
import { start } from '../parts/start';
import Appointment from './Appointment.svelte';
import { appointmentWords } from './words';

void start(Appointment, appointmentWords);
heldHere();
